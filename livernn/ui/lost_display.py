"""A display that goes away while the window is open."""

import ctypes
from contextlib import suppress

from PySide6.QtGui import QNativeInterface
from PySide6.QtWidgets import QApplication

# Xlib tells the first of a broken connection, and then the second; by default either ends the process within the call.
_told = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(lambda _display: 0)
_told_to_exit = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(lambda _display, _data: None)


def outlive_display(application: QApplication) -> None:
    """Leave it to Qt to end the event loop when the X server is gone, whichever call finds out first.

    Does nothing on other displays, nor with libX11 before 1.7.
    """
    native = application.nativeInterface()
    if application.platformName() == "xcb" and isinstance(native, QNativeInterface.QX11Application):
        with suppress(OSError, AttributeError):
            xlib = ctypes.CDLL("libX11.so.6")
            xlib.XSetIOErrorExitHandler(ctypes.c_void_p(native.display()), _told_to_exit, None)
            xlib.XSetIOErrorHandler(_told)
