"""A client of version 2 of the wire, for asyncio: docs/wire.md and cbor2.

    async with await Client.connect("unix:/run/timer.sock") as timer:
        echo = await timer.request("echo", req={"message": "hello", "delay_ms": 10})

It is written from that page alone.
"""

import asyncio
import itertools
import struct

import cbor2

PREFACE = b"FFIHOST\x02"

# From the client.
HELLO, REQUEST, LISTEN, REGISTER, CANCEL, COMPLETE, PING, PONG, GOODBYE = range(0x01, 0x0A)
# From the server.
(WELCOME, REPLY, OPENED, STALE, EVENT, CALL, CALL_CANCELLED, CALL_REFUSED, SERVER_PING, SERVER_PONG,
 SERVER_GOODBYE) = range(0x81, 0x8C)

OK, ERR = 0, 1
UNKNOWN_TOKEN, INVALID_ARGUMENT, CLOSING, BUSY, TOO_LARGE, PANIC, ABI_MISMATCH = range(5, 12)
TIMED_OUT, CANCELLED, DECODE, UNAUTHORIZED = range(14, 18)


class Failed(Exception):
    """Something was answered with a status other than 0: 1 and the declared error, or another and a text."""

    def __init__(self, ret, payload):
        self.ret = ret
        self.error = cbor2.loads(payload) if ret == ERR else payload.decode()
        super().__init__(f"{ret}: {self.error}")


class Declared(Exception):
    """What a host function raises to answer with its declared error."""

    def __init__(self, error):
        self.error = error
        super().__init__(error)


class Disconnected(Exception):
    """The connection has ended; the text says why, if the server did."""


class Violation(Exception):
    """The server sent what it should not have sent."""


def text(value):
    value = value.encode()
    return struct.pack(">H", len(value)) + value


def frame(kind, *fields):
    body = b"".join(fields)
    return struct.pack(">IB", 1 + len(body), kind) + body


def u32(value):
    return struct.pack(">I", value)


def i32(value):
    return struct.pack(">i", value)


def u64(value):
    return struct.pack(">Q", value)


class Fields:
    """The fields of a frame, front to back."""

    def __init__(self, body):
        self.body = body

    def take(self, form):
        length = struct.calcsize(form)
        if length > len(self.body):
            raise Violation("a frame is too short")
        (value,) = struct.unpack(form, self.body[:length])
        self.body = self.body[length:]
        return value

    def u32(self):
        return self.take(">I")

    def i32(self):
        return self.take(">i")

    def u64(self):
        return self.take(">Q")

    def text(self):
        length = self.take(">H")
        if length > len(self.body):
            raise Violation("a frame is too short")
        value, self.body = self.body[:length], self.body[length:]
        return value.decode()

    def rest(self):
        value, self.body = self.body, b""
        return value

    def end(self):
        if self.body:
            raise Violation("a frame is too long")


async def open_connection(address):
    kind, _, place = address.partition(":")
    if kind == "unix":
        return await asyncio.open_unix_connection(place)
    if kind == "tcp":
        host, _, port = place.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port))
    raise ValueError(f"{address} is neither unix:<path> nor tcp:<host>:<port>")


class Events:
    """The events of a listener: `(missed, arguments)` each, until it is closed."""

    def __init__(self, client, number):
        self.client = client
        self.number = number
        self.queue = asyncio.Queue()
        self.ended = False

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.ended and self.queue.empty():
            raise StopAsyncIteration
        event = await self.queue.get()
        if event is None:
            raise StopAsyncIteration
        return event

    async def close(self):
        """Listens no more; what came before is still there to be taken."""
        await self.client.close_id(self.number)


class Registration:
    """A host function, until it is closed."""

    def __init__(self, client, number, function):
        self.client = client
        self.number = number
        self.function = function

    async def close(self):
        await self.client.close_id(self.number)


class Client:
    """A connection. `request`, `listen` and `register` may be used by any number of tasks."""

    def __init__(self, reader, writer, max_frame):
        self.reader = reader
        self.writer = writer
        self.max_frame = max_frame
        self.numbers = itertools.count(1)
        # Futures of REPLY by id, and of OPENED; what OPENED made of an id; tasks by call.
        self.replies = {}
        self.openings = {}
        self.subscriptions = {}
        self.calls = {}
        self.pongs = {}
        self.refused = []
        self.stale = []
        self.goodbye = None
        self.why = None
        self.task = None

    @classmethod
    async def connect(cls, address, abi_hash=0, token="", max_frame=16 << 20):
        reader, writer = await open_connection(address)
        self = cls(reader, writer, max_frame)
        try:
            writer.write(PREFACE + frame(HELLO, u32(max_frame), u64(abi_hash), text(token)))
            preface = await reader.readexactly(len(PREFACE))
            if preface != PREFACE:
                raise Violation(f"the server speaks {preface}")
            kind, fields = await self.receive()
            if kind == SERVER_GOODBYE:
                raise Failed(fields.i32(), fields.rest())
            if kind != WELCOME:
                raise Violation(f"the server greets with a frame of kind {kind:#x}")
            self.server_max_frame, self.max_in_flight = fields.u32(), fields.u32()
            self.abi_hash, self.library, self.version = fields.u64(), fields.text(), fields.text()
            fields.end()
        except BaseException:
            writer.close()
            raise
        self.task = asyncio.create_task(self.run())
        return self

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()

    # ------------------------------------------------------------------------------------------- for users

    async def request(self, method, timeout_ms=0, /, **arguments):
        return await self.request_raw(method, cbor2.dumps(arguments), timeout_ms)

    async def request_raw(self, method, payload, timeout_ms=0):
        """Cancelling the task that waits for it cancels the request."""
        number, reply = self.open(REQUEST, u32(timeout_ms), text(method), payload)
        try:
            return cbor2.loads(await reply)
        except asyncio.CancelledError:
            self.send(CANCEL, u64(number))
            raise

    def start(self, method, timeout_ms=0, /, **arguments):
        """A request as its id and the future of its payload, for who wants to do more with it."""
        return self.open(REQUEST, u32(timeout_ms), text(method), cbor2.dumps(arguments))

    def cancel(self, number):
        self.send(CANCEL, u64(number))

    async def listen(self, event):
        return await self.subscribe(LISTEN, lambda number: Events(self, number), text(event))

    async def register(self, name, function, max_in_flight=0, deadline_ms=0):
        """`function` is a coroutine function, which is called with the arguments by name."""
        made = lambda number: Registration(self, number, function)
        return await self.subscribe(REGISTER, made, u32(max_in_flight), u32(deadline_ms), text(name))

    async def ping(self, number):
        self.pongs[number] = asyncio.get_running_loop().create_future()
        self.send(PING, u64(number))
        return await self.pongs[number]

    async def close(self):
        """Says goodbye, and waits until the server has answered what is in flight."""
        if self.why is None and not self.task.done():
            self.send(GOODBYE)
        await self.task

    def abort(self):
        """Ends the connection at once."""
        self.writer.transport.abort()

    # ------------------------------------------------------------------------------------------ what is sent

    def send(self, kind, *fields):
        if self.why is not None:
            raise Disconnected(self.why)
        self.writer.write(frame(kind, *fields))

    def open(self, kind, *fields):
        number = next(self.numbers)
        self.send(kind, u64(number), *fields)
        reply = self.replies[number] = asyncio.get_running_loop().create_future()
        return number, reply

    async def subscribe(self, kind, make, *fields):
        number, reply = self.open(kind, *fields)
        opening = self.openings[number] = asyncio.get_running_loop().create_future()
        # It is there before OPENED, which may come together with the first event or call.
        self.subscriptions[number] = made = make(number)
        await asyncio.wait({reply, opening}, return_when=asyncio.FIRST_COMPLETED)
        if not opening.done():
            reply.result()
        return made

    async def close_id(self, number):
        reply = self.replies.get(number)
        if reply is not None and not reply.done():
            self.send(CANCEL, u64(number))
            await reply

    # ---------------------------------------------------------------------------------------- what is received

    async def receive(self):
        (length,) = struct.unpack(">I", await self.reader.readexactly(4))
        if not 1 <= length <= self.max_frame:
            raise Violation(f"a frame of length {length}")
        body = await self.reader.readexactly(length)
        return body[0], Fields(body[1:])

    async def run(self):
        why = "the connection has ended"
        try:
            while True:
                self.received(*await self.receive())
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except Violation as violation:
            why = str(violation)
        finally:
            self.over(f"{self.goodbye[0]}: {self.goodbye[1]}" if self.goodbye else why)

    def over(self, why):
        self.why = why
        for call in self.calls.values():
            call.cancel()
        for waiting in (self.replies, self.openings, self.pongs):
            for future in waiting.values():
                if not future.done():
                    future.set_exception(Disconnected(why))
                    # That nobody waits for one is no news.
                    future.exception()
        for subscription in self.subscriptions.values():
            self.ended(subscription)
        self.writer.close()

    def ended(self, subscription):
        if isinstance(subscription, Events):
            subscription.ended = True
            subscription.queue.put_nowait(None)

    def received(self, kind, fields):
        if kind == REPLY:
            number, ret = fields.u64(), fields.i32()
            payload, reply = fields.rest(), self.replies.pop(number, None)
            if reply is None:
                raise Violation(f"a reply to {number}, which is not open")
            self.openings.pop(number, None)
            self.ended(self.subscriptions.pop(number, None))
            if not reply.done():
                reply.set_result(payload) if ret == OK else reply.set_exception(Failed(ret, payload))
                reply.exception()
        elif kind == OPENED:
            opening = self.openings.pop(fields.u64(), None)
            if opening is None:
                raise Violation("OPENED for what was not to be opened")
            if not opening.done():
                opening.set_result(None)
        elif kind == STALE:
            self.stale.append((fields.u64(), fields.u64()))
        elif kind == EVENT:
            number, missed = fields.u64(), fields.u64()
            events = self.subscriptions.get(number)
            if number in self.openings or not isinstance(events, Events):
                raise Violation(f"an event for {number}, which does not listen")
            events.queue.put_nowait((missed, cbor2.loads(fields.rest())))
        elif kind == CALL:
            call, number = fields.u64(), fields.u64()
            registration = self.subscriptions.get(number)
            if number in self.openings or not isinstance(registration, Registration):
                raise Violation(f"a call of {number}, which is not registered")
            if call in self.calls:
                raise Violation(f"two calls with the number {call}")
            arguments = cbor2.loads(fields.rest())
            self.calls[call] = asyncio.create_task(self.answer(call, registration.function, arguments))
        elif kind == CALL_CANCELLED:
            task = self.calls.pop(fields.u64(), None)
            if task is not None:
                task.cancel()
        elif kind == CALL_REFUSED:
            self.refused.append((fields.u64(), fields.i32()))
        elif kind == SERVER_PING:
            self.send(PONG, u64(fields.u64()))
        elif kind == SERVER_PONG:
            pong = self.pongs.pop(number := fields.u64(), None)
            if pong is not None:
                pong.set_result(number)
        elif kind == SERVER_GOODBYE:
            self.goodbye = (fields.i32(), fields.rest().decode())
        else:
            raise Violation(f"a frame of kind {kind:#x}")
        fields.end()

    async def answer(self, call, function, arguments):
        """Calls a host function, and completes the call unless that is not wanted any more."""
        try:
            outcome = (OK, cbor2.dumps(await function(**arguments)))
        except Declared as declared:
            outcome = (ERR, cbor2.dumps(declared.error))
        except asyncio.CancelledError:
            return
        except Exception as error:
            outcome = (PANIC, f"{type(error).__name__}: {error}".encode())
        if self.calls.pop(call, None) is not None and self.why is None:
            ret, payload = outcome
            self.send(COMPLETE, u64(call), i32(ret), payload)
