"""Every colour and size of the window, in one place.

Painted widgets read their colours from the palette (roles as set in `palette`), so that a change of theme reaches
them by itself; the style sheet does the rest.
"""

from dataclasses import dataclass

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget


@dataclass(frozen=True)
class Theme:
    """Colours by purpose: `edge` surrounds panels, `line` what can be touched.

    `accent` is the only one that means "you, the performer"; `danger` the only alarm.
    """

    name: str
    title: str
    window: str
    panel: str
    raised: str
    edge: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    danger: str


THEMES = {
    theme.name: theme
    for theme in (
        Theme("dark", "Dark", "#0d1115", "#151b21", "#222b33", "#222b33", "#37434e", "#f4f7f9", "#a8b5c0", "#35d7b7",
              "#03201a", "#ff5f57"),
        Theme("light", "Light", "#e9edf1", "#fbfcfd", "#dde3e9", "#dde3e9", "#b5c0ca", "#10161b", "#45525e", "#007a64",
              "#ffffff", "#c4161c"),
        Theme("contrast", "High contrast", "#000000", "#000000", "#2a2a2a", "#ffffff", "#ffffff", "#ffffff", "#e6e6e6",
              "#ffe14d", "#000000", "#ff6b6b"),
    )
}  # fmt: skip

DEFAULT_THEME = "dark"

BASE_WIDTH, BASE_HEIGHT = 1280, 800
"""The window size, in logical pixels, that sizes in this package are for."""

_STYLE = "fusion"
_LARGEST_SCALE = 2.0
_SCALE_STEPS = 8


def scale_for(width: int, height: int) -> float:
    """How much larger than at the base size everything is drawn, in steps of an eighth."""
    scale = min(width / BASE_WIDTH, height / BASE_HEIGHT, _LARGEST_SCALE)
    return max(1.0, int(scale * _SCALE_STEPS) / _SCALE_STEPS)


def palette(theme: Theme) -> QPalette:
    """Roles that the painted widgets read: Base, Button, Mid, WindowText, PlaceholderText, Highlight, BrightText."""
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.window,
        role.Base: theme.panel,
        role.AlternateBase: theme.window,
        role.Button: theme.raised,
        role.Mid: theme.line,
        role.WindowText: theme.text,
        role.Text: theme.text,
        role.ButtonText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.BrightText: theme.danger,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.Link: theme.accent,
    }
    result = QPalette()
    for key, colour in colours.items():
        result.setColor(key, QColor(colour))
    return result


def painted_font(size_px: float, *, bold: bool = False) -> QFont:
    """The window's font at a size, for widgets that paint their own text."""
    font = QFont(QApplication.font())
    font.setPixelSize(max(1, round(size_px)))
    font.setBold(bold)
    return font


def apply_theme(window: QWidget, theme: Theme, scale: float) -> None:
    """Dress a window and its dialogs; `scale` as told by `scale_for`. Takes tenths of a second if anything changes."""
    sheet = style_sheet(theme, scale)
    if window.styleSheet() == sheet:
        return
    if QApplication.style().name() != _STYLE:
        QApplication.setStyle(_STYLE)
    QApplication.setPalette(palette(theme))
    window.setStyleSheet(sheet)  # the application's own would take three times as long


def style_sheet(theme: Theme, scale: float) -> str:
    """The sheet for every stock widget; widgets with a part of their own are found by object name."""

    def px(size: float) -> str:
        return f"{round(size * scale)}px"

    return f"""
    QWidget {{ font-size: {px(17)}; }}
    QMainWindow, QDialog {{ background: {theme.window}; }}
    QToolTip {{ background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.line}; padding: {px(6)}; }}
    QFrame#panel {{ background: {theme.panel}; border: 1px solid {theme.edge}; border-radius: {px(10)}; }}
    QFrame#group {{ border: none; border-left: 1px solid {theme.line}; }}
    QLabel {{ color: {theme.text}; background: transparent; }}
    QLabel#wordmark {{ font-size: {px(27)}; color: {theme.text}; }}
    QLabel#caption {{ color: {theme.muted}; font-size: {px(15)}; }}
    QLabel#value {{ font-size: {px(24)}; font-weight: 600; }}
    QLabel#value[alarm="true"] {{ color: {theme.danger}; }}
    QLabel#message {{ font-size: {px(19)}; }}
    QLabel#message[kind="error"] {{ color: {theme.danger}; font-weight: 600; }}
    QLabel#message[kind="hint"] {{ color: {theme.muted}; }}
    QPushButton {{ background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.line};
        border-radius: {px(8)}; padding: {px(7)} {px(16)}; font-size: {px(19)}; }}
    QPushButton:hover {{ border-color: {theme.accent}; }}
    QPushButton:focus {{ border: 2px solid {theme.accent}; }}
    QPushButton:pressed {{ background: {theme.line}; }}
    QPushButton:checked {{ background: {theme.accent}; color: {theme.on_accent}; border-color: {theme.accent}; }}
    QPushButton:disabled {{ color: {theme.muted}; background: {theme.panel}; border-color: {theme.raised}; }}
    QPushButton#primary {{ background: {theme.accent}; color: {theme.on_accent}; border-color: {theme.accent};
        font-weight: 600; }}
    QPushButton#small {{ padding: {px(3)} {px(10)}; font-size: {px(15)}; }}
    QPushButton#small[next="true"]:enabled {{ background: {theme.accent}; color: {theme.on_accent};
        border-color: {theme.accent}; font-weight: 600; }}
    QPushButton::menu-indicator {{ image: none; width: 0; }}
    QPushButton#lamp {{ padding: {px(7)} {px(8)} {px(7)} {px(30)}; }}
    QPushButton#icon {{ padding: {px(7)} {px(10)}; }}
    QComboBox {{ background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.line};
        border-radius: {px(8)}; padding: {px(7)} {px(14)}; font-size: {px(19)}; }}
    QComboBox#preset {{ font-size: {px(26)}; font-weight: 600; padding: {px(4)} {px(16)}; min-width: {px(128)}; }}
    QComboBox#small {{ padding: {px(3)} {px(18)} {px(3)} {px(8)}; font-size: {px(15)}; border-radius: {px(6)}; }}
    QComboBox:hover, QComboBox:focus {{ border-color: {theme.accent}; }}
    QComboBox::drop-down {{ border: none; width: {px(26)}; }}
    QComboBox#small::drop-down {{ width: {px(10)}; }}
    Chooser::down-arrow {{ image: none; width: 0; height: 0; }}
    QComboBox QAbstractItemView {{ background: {theme.panel}; color: {theme.text}; border: 1px solid {theme.line};
        selection-background-color: {theme.accent}; selection-color: {theme.on_accent}; outline: none; }}
    QComboBox QAbstractItemView::item {{ min-height: {px(36)}; }}
    QTabWidget::pane {{ border: none; }}
    QTabBar::tab {{ background: {theme.panel}; color: {theme.muted}; border: 1px solid {theme.raised};
        border-radius: {px(6)}; padding: {px(1)} {px(5)}; margin: 0 {px(6)} 0 0; font-size: {px(14)}; }}
    QTabBar::tab:selected {{ background: {theme.raised}; color: {theme.text}; border-color: {theme.accent}; }}
    QTabBar::tab:hover {{ color: {theme.text}; }}
    QTabBar:focus {{ outline: none; }}
    QTabBar::tab:selected:focus {{ border: 2px solid {theme.accent}; }}
    QLineEdit, QPlainTextEdit {{ background: {theme.window}; color: {theme.text}; border: 1px solid {theme.accent};
        border-radius: {px(6)}; padding: {px(4)}; font-size: {px(19)}; selection-background-color: {theme.accent};
        selection-color: {theme.on_accent}; }}
    QProgressBar {{ background: {theme.raised}; border: none; border-radius: {px(4)}; max-height: {px(8)};
        min-height: {px(8)}; }}
    QProgressBar::chunk {{ background: {theme.accent}; border-radius: {px(4)}; }}
    QListWidget, QTextBrowser {{ background: {theme.panel}; color: {theme.text}; border: 1px solid {theme.line};
        border-radius: {px(8)}; padding: {px(8)}; font-size: {px(18)}; outline: none; }}
    QListWidget::item {{ padding: {px(9)}; border-radius: {px(6)}; }}
    QListWidget::item:selected {{ background: {theme.accent}; color: {theme.on_accent}; }}
    QScrollBar:vertical {{ background: transparent; width: {px(12)}; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {theme.line}; border-radius: {px(5)}; min-height: {px(30)}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
    QMenu {{ background: {theme.panel}; color: {theme.text}; border: 1px solid {theme.line}; padding: {px(6)};
        font-size: {px(18)}; }}
    QMenu::item {{ padding: {px(7)} {px(22)}; border-radius: {px(5)}; }}
    QMenu::item:selected {{ background: {theme.accent}; color: {theme.on_accent}; }}
    """
