import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QToolTip, QWidget

from livernn.ui.main_window import MainWindow
from livernn.ui.theme import THEMES, Theme, palette, scale_for, style_sheet


def luminance(name: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [QColor(name).redF(), QColor(name).greenF(), QColor(name).blueF()]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def inside(widget: QWidget) -> QColor:
    """Near the edge, where nothing is written."""
    return widget.grab().toImage().pixelColor(4, 4)


def completions(dialog: QDialog) -> list[QWidget]:
    return [field.completer().popup() for field in dialog.findChildren(QLineEdit) if field.completer() is not None]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_is_legible_from_afar(theme: Theme) -> None:
    for background in (theme.window, theme.panel, theme.raised):
        assert contrast(theme.text, background) >= 10.0
        assert contrast(theme.muted, background) >= 5.0
    assert contrast(theme.danger, theme.panel) >= 4.5
    assert contrast(theme.accent, theme.panel) >= 4.5
    assert contrast(theme.on_accent, theme.accent) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_palette_carries_the_theme_to_painted_widgets(theme: Theme) -> None:
    colours = palette(theme)
    assert colours.color(QPalette.ColorRole.Highlight) == QColor(theme.accent)
    assert colours.color(QPalette.ColorRole.BrightText) == QColor(theme.danger)


def test_scale_grows_in_steps_with_the_smaller_side() -> None:
    assert scale_for(1280, 800) == 1.0
    assert scale_for(1080, 640) == 1.0
    assert scale_for(1920, 1080) == 1.25
    assert scale_for(3840, 800) == 1.0
    assert scale_for(8000, 8000) == 2.0


def test_style_sheet_scales_its_sizes() -> None:
    theme = THEMES["dark"]
    assert "font-size: 17px" in style_sheet(theme, 1.0)
    assert "font-size: 34px" in style_sheet(theme, 2.0)


@pytest.mark.qt_log_ignore("This plugin does not support")
@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_dialogs_menus_and_tips_wear_the_theme_too(window: MainWindow, theme: Theme) -> None:
    window.choose_theme(theme.name)
    for ask in (window.dialogs.show_help, window.dialogs.show_audio, window.dialogs.ask_for_prime):
        ask()
        dialog = next(dialog for dialog in window.findChildren(QDialog) if dialog.isVisible())
        assert inside(dialog) == QColor(theme.window)
        assert dialog.font().pixelSize() == 17
        for names in completions(dialog):
            names.ensurePolished()
            assert names.font().pixelSize() == 17
        dialog.close()
    window.header.menu.popup(QPoint())
    assert inside(window.header.menu) == QColor(theme.panel)
    assert window.header.menu.font().pixelSize() == 18
    window.header.menu.close()
    QToolTip.showText(QPoint(), "What it is", window.scopes)
    tip = next(widget for widget in QApplication.topLevelWidgets() if widget.inherits("QTipLabel"))
    assert inside(tip) == QColor(theme.raised)
    assert tip.grab().toImage().pixelColor(0, 0) == QColor(theme.line)
    QToolTip.hideText()
