"""Memory that processes share and that has no name in any file system: however they die, nothing is left behind."""

import mmap
import os
import secrets
import sys
import tempfile
from typing import ClassVar, Self


class SharedMemory:
    """A mapping of `size_bytes`. The client creates it; the processes that it starts attach by `handle`."""

    size_bytes: ClassVar[int]

    def __init__(self, mapping: mmap.mmap, handle: str, descriptor: int | None) -> None:
        self.mapping = mapping
        self.handle = handle
        self._descriptor = descriptor

    @classmethod
    def create(cls) -> Self:
        """Zeroed memory."""
        if sys.platform == "win32":
            handle = f"livernn-{secrets.token_hex(16)}"
            return cls(mmap.mmap(-1, cls.size_bytes, tagname=handle), handle, None)
        if sys.platform == "linux":
            descriptor = os.memfd_create("livernn")
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, cls.size_bytes)
        return cls(cls._map(descriptor), str(descriptor), descriptor)

    @classmethod
    def attach(cls, handle: str) -> Self:
        """The memory of the process that started this one.

        Raises:
            OSError, ValueError: the handle is not that of inherited memory of this size.
        """
        if sys.platform == "win32":
            return cls(mmap.mmap(-1, cls.size_bytes, tagname=handle), handle, None)
        descriptor = int(handle)
        if os.fstat(descriptor).st_size != cls.size_bytes:
            raise ValueError(f"descriptor {descriptor} is not a block of {cls.size_bytes} bytes")
        return cls(cls._map(descriptor), handle, descriptor)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What a child process must inherit (`pass_fds`) to attach."""
        return () if self._descriptor is None else (self._descriptor,)

    def close(self) -> None:
        """Hand out no more; memory goes when the last view of it does."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @classmethod
    def _map(cls, descriptor: int) -> mmap.mmap:
        # Populated at once: the audio callback must not wait for the kernel to find a page.
        return mmap.mmap(descriptor, cls.size_bytes, flags=mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0))
