"""What outlives one submission: the fork servers, the checks collected and the cases drawn so far."""

from __future__ import annotations

import atexit
import functools
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field

from grader.checking.cases import CaseBook
from grader.checking.suite import SuiteBook
from grader.client.fullsize import Gpu
from grader.client.process import ForkServer
from grader.replaybook import ReplayBook


@dataclass
class Workshop:
    """Fork servers by kind of topic, started when first needed; the books of drawn cases, checks and replays; the GPU."""

    cases: CaseBook = field(default_factory=CaseBook)
    suites: SuiteBook = field(default_factory=SuiteBook)
    replays: ReplayBook = field(default_factory=ReplayBook)
    gpu: Gpu = field(default_factory=Gpu.look)
    _servers: dict[str, ForkServer] = field(default_factory=dict)

    def server(self, needs: str) -> ForkServer | None:
        """A live fork server for topics that need "numpy" or "torch"; None where forking is not safe (see below)."""
        if sys.platform != "linux":  # macOS frameworks do not survive a fork; Windows has none
            return None
        server = self._servers.get(needs)
        if server is None or not server.alive():
            server = self._servers[needs] = ForkServer(needs)
        return server

    def twin(self, needs: Iterable[str]) -> Workshop:
        """A workshop for a process forked from this one: the same books, and servers of its own, as warm as these."""
        servers = {need: self.server(need) for need in needs}
        cloned = {need: server.clone() for need, server in servers.items() if server is not None}
        return Workshop(self.cases, self.suites, self.replays, self.gpu, cloned)

    def close(self) -> None:
        """End the fork servers and every worker they made."""
        for server in self._servers.values():
            server.close()
        self._servers.clear()


@functools.cache
def shared_workshop() -> Workshop:
    """The workshop of this process, closed when it ends."""
    workshop = Workshop()
    atexit.register(workshop.close)
    return workshop
