"""The web server of all services: it logs and counts requests, lets their faults happen, and sends the answers."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware

from .clock import Clock
from .faults import Fault, Faults
from .log import Request, RequestLog
from .quota import Usage
from .service import Service
from .web import Answer, Call, Refusal


class Server:
    """Answers the requests for services over HTTP."""

    def __init__(self, clock: Clock, log: RequestLog, faults: Faults) -> None:
        """Serve at the time of a clock, write into a log, and obey the faults."""
        self._clock = clock
        self._log = log
        self._faults = faults
        self._in_flight: Counter[str] = Counter()

    def application(
        self, services: Iterable[Service], more: Iterable[web.RouteDef], *middlewares: Middleware
    ) -> web.Application:
        """Return the web application of services and of other routes."""
        app = web.Application(middlewares=middlewares)
        for service in services:
            app.router.add_route("*", service.prefix + "/{tail:.*}", self._handler(service))
        app.add_routes(more)

        async def opened(_: web.Application) -> None:
            self._faults.opened()

        async def closing(_: web.Application) -> None:
            self._faults.closing()

        app.on_startup.append(opened)
        app.on_shutdown.append(closing)
        return app

    def _handler(self, service: Service) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._serve(service, request)

        return handle

    async def _serve(self, service: Service, request: web.Request) -> web.StreamResponse:
        """Log and count a request, let its fault happen, and answer it."""
        call = Call(
            method=request.method,
            path=request.path.removeprefix(service.prefix).strip("/"),
            query=request.query,
            headers=request.headers,
            now=self._clock.now(),
            body=await request.read() if request.can_read_body else b"",
        )
        credential = service.credential(call)
        entry = Request(
            time=call.now,
            method=request.method,
            path=request.path,
            query=service.logged(call),
            credential=credential,
        )
        self._log.add(entry)
        counted = service.quota.count if service.counts(call) else service.quota.windows
        minute, month = counted(credential or "", call.now)
        fault = self._faults.take(request.path)
        flight = f"{service.prefix} {credential}"
        self._in_flight[flight] += 1
        usage = Usage(minute=minute, month=month, in_flight=self._in_flight[flight])
        try:
            if fault and fault.delay:
                await self._faults.wait(fault.delay)
            answer = _faulty(fault) or service.too_many(call, usage) or self._answer(service, call)
        finally:
            self._in_flight[flight] -= 1
        answer = service.finish(call, answer, usage)
        if fault:
            answer.headers |= fault.headers or {}
        dropped = fault is not None and (fault.drop or fault.truncate)
        self._log.answered(entry, 0 if dropped else answer.status)
        return await _send(request, answer, fault)

    def _answer(self, service: Service, call: Call) -> Answer:
        try:
            answer = service.answer(call)
        except Refusal as refusal:
            return refusal.answer
        if not isinstance(answer.body, bytes):
            answer.body = self._faults.mutate(f"{service.prefix}/{call.path}", answer.body)
        return answer


def _faulty(fault: Fault | None) -> Answer | None:
    """Return what a fault answers instead of the service; None where the true answer comes."""
    if fault is None or (fault.status is None and fault.body is None):
        return None
    body: Any = fault.body
    if isinstance(body, str):
        content_type = "text/html" if body.lstrip().startswith("<") else "application/json"
        return Answer(status=fault.status or 200, body=body.encode(), content_type=content_type)
    return Answer(status=fault.status or 200, body=dict(body) if isinstance(body, Mapping) else body)


async def _send(request: web.Request, answer: Answer, fault: Fault | None) -> web.StreamResponse:
    """Send an answer whole, cut short, or not at all."""
    data = answer.encoded()
    content_type = (
        "application/json; charset=utf-8" if answer.content_type == "application/json" else answer.content_type
    )
    headers = {"Content-Type": content_type, **answer.headers}
    if fault and fault.drop:
        transport = request.transport
        response = web.StreamResponse(status=answer.status, headers={**headers, "Content-Length": str(len(data) + 1)})
        if fault.truncate:
            await response.prepare(request)
            await response.write(data[: len(data) // 2])
        if transport is not None:
            transport.close() if fault.truncate else transport.abort()
        return response
    if fault and fault.truncate:
        data = data[: len(data) // 2]
    return web.Response(status=answer.status, body=data, headers=headers)
