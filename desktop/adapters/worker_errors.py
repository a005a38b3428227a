"""How a call to a worker fails: an adapter turns each of these into an error of the domain at its edge."""


class WorkerError(Exception):
    """The worker, not the handler, failed the call. `sent` tells whether the child may have begun it."""

    sent: bool


class WorkerDied(WorkerError):
    """The child ended. `exit_code` is negative for a signal, None where it could not be started or would not end."""

    def __init__(self, name: str, exit_code: int | None, last_stderr: tuple[str, ...], reason: str) -> None:
        super().__init__(f"worker {name} {reason} (exit code {exit_code})")
        self.name = name
        self.exit_code = exit_code
        self.last_stderr = last_stderr
        self.reason = reason
        self.sent = True


class WorkerNotRunning(WorkerError):
    """The call was not sent: there is no child to take it, or none yet."""

    def __init__(self, name: str, state: str) -> None:
        super().__init__(f"worker {name} is {state}")
        self.name = name
        self.state = state
        self.sent = False


class CallTimeout(WorkerError):
    """No answer within the deadline, in seconds; a call that the child has not begun by then never runs."""

    def __init__(self, name: str, method: str, deadline: float, *, sent: bool) -> None:
        super().__init__(f"worker {name} did not answer {method} within {deadline:g} s")
        self.name = name
        self.method = method
        self.deadline = deadline
        self.sent = sent


class WorkerBug(Exception):
    """The handler raised what nobody foresaw; `remote_traceback` is the child's."""

    def __init__(self, name: str, method: str, remote_traceback: str) -> None:
        super().__init__(f"worker {name} failed in {method}:\n{remote_traceback}")
        self.name = name
        self.method = method
        self.remote_traceback = remote_traceback
