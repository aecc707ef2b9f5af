from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from livernn.engine.client import DeviceLost, EngineDied, EngineState, Listening, NoDevice, StateChanged, Tuning
from livernn.ui.labels import ElidedLabel, FittedLabel
from livernn.ui.main_window import SMALLEST, MainWindow
from livernn.ui.notice import Notice
from livernn.ui.settings import Settings
from livernn.ui.theme import THEMES
from tests.ui.fake_client import HEALTHY, LONG_ERROR, OUTPUTS, FakeEngineClient, say

TROUBLES = (
    StateChanged(EngineState.PLAYING),
    Tuning("compiling the sample tier", 0.4),
    Listening("phrase.wav"),
    NoDevice(LONG_ERROR, OUTPUTS),
    EngineDied(-9, "killed by the system because memory ran out"),
    DeviceLost("Stage interface, JACK Audio Connection Kit stopped answering. Choose another output."),
)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", [SMALLEST, (1280, 800), (1920, 1080)], ids=str)
def test_nothing_is_cut_or_overlaps(
    window: MainWindow, client: FakeEngineClient, size: tuple[int, int], theme: str
) -> None:
    client.shown = replace(HEALTHY, state=EngineState.PLAYING, real_time_factor=23.4, depth_ms=498, target_depth_ms=500)
    while Settings().theme != theme:
        QTest.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    window.resize(*size)
    QTest.qWait(250)
    for event in TROUBLES:
        say(client, event)
        QTest.qWait(40)
        assert (window.width(), window.height()) == size
        assert cut_or_overlapping(window) == []


def cut_or_overlapping(window: MainWindow) -> list[str]:
    wrong = []
    widgets = [widget for widget in window.centralWidget().findChildren(QWidget) if widget.isVisible()]
    for widget in widgets:
        name = f"{type(widget).__name__} {widget.accessibleName() or getattr(widget, 'text', str)()}"
        elastic = isinstance(widget, ElidedLabel | FittedLabel)
        if isinstance(widget, QLabel | QPushButton) and not elastic:
            needed = widget.sizeHint()
            if needed.width() > widget.width() or needed.height() > widget.height() + 1:
                wrong.append(f"cut: {name}")
        if not widget.parentWidget().rect().contains(widget.geometry()):
            wrong.append(f"outside: {name}")
        siblings = [other for other in widgets if other.parentWidget() is widget.parentWidget() and other is not widget]
        if any(widget.geometry().intersects(other.geometry()) for other in siblings):
            wrong.append(f"overlapping: {name}")
    return wrong


def test_every_button_is_named_for_screen_readers(window: MainWindow) -> None:
    for button in window.findChildren(QPushButton):
        if button.isVisibleTo(window):
            assert button.accessibleName() or button.text()
            assert button.toolTip()


def test_a_long_message_is_whole_in_the_tooltip(window: MainWindow) -> None:
    window.banner.show_notice(Notice(window.session.notice.kind, LONG_ERROR * 5))
    QApplication.processEvents()
    assert window.banner.message.toolTip() == LONG_ERROR * 5
