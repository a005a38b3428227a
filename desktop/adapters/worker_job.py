"""Windows: a job object, by which the kernel ends a worker with its parent, whatever holds the worker's GIL."""

import sys

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes
    from typing import Final

    _JOB_OBJECT_EXTENDED_LIMIT_INFORMATION: Final = 9
    _JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE: Final = 0x2000
    _PROCESS_TERMINATE_AND_SET_QUOTA: Final = 0x0101

    class _BasicLimits(ctypes.Structure):
        _fields_ = (
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        )

    class _ExtendedLimits(ctypes.Structure):
        _fields_ = (
            ("BasicLimitInformation", _BasicLimits),
            ("IoInfo", ctypes.c_ulonglong * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    class Job:
        """Holds one process and what it starts; they end when this is closed, or when we end. OSError if refused."""

        def __init__(self, pid: int) -> None:
            self._kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
            for name in ("CreateJobObjectW", "OpenProcess"):
                self._kernel32[name].restype = wintypes.HANDLE
            self._handle = wintypes.HANDLE(self._checked(self._kernel32.CreateJobObjectW(None, None)))
            try:
                self._hold(pid)
            except OSError:
                self.close()
                raise

        def close(self) -> None:
            self._kernel32.CloseHandle(self._handle)

        def _hold(self, pid: int) -> None:
            limits = _ExtendedLimits()
            limits.BasicLimitInformation.LimitFlags = _JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
            self._checked(
                self._kernel32.SetInformationJobObject(
                    self._handle, _JOB_OBJECT_EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), ctypes.sizeof(limits)
                )
            )
            process = self._checked(self._kernel32.OpenProcess(_PROCESS_TERMINATE_AND_SET_QUOTA, False, pid))
            try:
                self._checked(self._kernel32.AssignProcessToJobObject(self._handle, wintypes.HANDLE(process)))
            finally:
                self._kernel32.CloseHandle(wintypes.HANDLE(process))

        @staticmethod
        def _checked(result: int | None) -> int:
            if not result:
                raise ctypes.WinError(ctypes.get_last_error())
            return result
