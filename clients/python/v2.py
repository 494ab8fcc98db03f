"""A client of version 2 of the wire: requests in flight, events, and host functions, over one socket.

    async with await Client.connect("unix:/run/library.sock") as client:
        total = await client.request("add", a=1, b=2)
        async with await client.listen("progress") as progress:
            async for missed, value in progress:
                ...

A client belongs to the event loop that `Client.connect` ran in.
"""

import asyncio
import inspect
import io
import itertools
import logging

import cbor2

PREFACE = b"FFIHOST\x02"
HELLO, REQUEST, LISTEN, REGISTER, CANCEL, COMPLETE, PING, PONG, GOODBYE = range(0x01, 0x0A)
(WELCOME, REPLY, OPENED, STALE, EVENT, CALL, CALL_CANCELLED, CALL_REFUSED,
 SERVER_PING, SERVER_PONG, SERVER_GOODBYE) = range(0x81, 0x8C)

# The fields of the frames from the server: the methods of `Fields` that read them.
LAYOUTS = {
    WELCOME: "u32 u32 u64 text text", REPLY: "u64 i32 rest", OPENED: "u64", STALE: "u64 u64", EVENT: "u64 u64 rest",
    CALL: "u64 u64 rest", CALL_CANCELLED: "u64", CALL_REFUSED: "u64 i32", SERVER_PING: "u64", SERVER_PONG: "u64",
    SERVER_GOODBYE: "i32 rest",
}

STATUSES = {
    0: "OK", 1: "ERR", 4: "INVALID_CTX", 5: "UNKNOWN_TOKEN", 6: "INVALID_ARGUMENT", 7: "CLOSING", 8: "BUSY", 9: "TOO_LARGE",
    10: "PANIC", 11: "ABI_MISMATCH", 14: "TIMED_OUT", 15: "CANCELLED", 16: "DECODE", 17: "UNAUTHORIZED",
}
(OK, ERR, INVALID_CTX, UNKNOWN_TOKEN, INVALID_ARGUMENT, CLOSING, BUSY, TOO_LARGE,
 PANIC, ABI_MISMATCH, TIMED_OUT, CANCELLED, DECODE, UNAUTHORIZED) = STATUSES

# So many bytes of events wait for a slow iteration; an event beyond them counts as missed.
EVENT_BUFFER = 64 << 20

log = logging.getLogger(__name__)


class Failed(Exception):
    """What was asked for ended with the status `ret`; `error` is the declared error, decoded, or the text.

    A host function may raise one, with a status of 4 or more and a text, to answer its call so.
    """

    def __init__(self, ret, payload=b""):
        super().__init__(ret, payload)
        self.ret = ret
        self.error = payload if isinstance(payload, str) else decode(payload) if ret == ERR else utf8(payload)

    def __str__(self):
        return f"{STATUSES.get(self.ret, self.ret)}: {self.error}"


class Declared(Exception):
    """Raised by a host function to answer its call with the error that it declares."""

    def __init__(self, error):
        super().__init__(error)
        self.error = error


class Disconnected(Exception):
    """The connection has ended, and with it what was in flight."""


class Violation(Disconnected):
    """The connection has ended because the server broke a rule of the protocol."""


def u32(n):
    return n.to_bytes(4, "big")


def u64(n):
    return n.to_bytes(8, "big")


def i32(n):
    return n.to_bytes(4, "big", signed=True)


def text(s):
    data = s.encode()
    return len(data).to_bytes(2, "big") + data


def frame(kind, *fields):
    """A whole frame: its length, its kind, and its fields, which are bytes already."""
    body = b"".join(fields)
    return u32(1 + len(body)) + bytes([kind]) + body


def utf8(data):
    """The text that the server sent as these bytes."""
    try:
        return data.decode()
    except UnicodeDecodeError as e:
        raise Violation(f"a text is not UTF-8: {e}") from e


# From 5.8 on the codec reads beyond the value, unless it is told not to. Older versions do not, and cannot be told.
EXACTLY = {"read_size": 1}
try:
    cbor2.load(io.BytesIO(b"\xf6"), **EXACTLY)
except TypeError:
    EXACTLY = {}


def decode(payload):
    """The one CBOR value that the server sent as these bytes."""
    stream = io.BytesIO(payload)
    try:
        value = cbor2.load(stream, **EXACTLY)
    except Exception as e:
        raise Violation(f"a payload is not CBOR: {e}") from e
    if stream.tell() != len(payload) or payload[0] == 0xFF:  # a lone break, which some versions of the codec let pass
        raise Violation("a payload is not one CBOR value")
    return value


class Fields:
    """Reads the fields of a frame's body, in order."""

    def __init__(self, body):
        self._stream = io.BytesIO(body)

    def _take(self, count):
        data = self._stream.read(count)
        if len(data) < count:
            raise Violation("a frame is shorter than its fields")
        return data

    def u32(self):
        return int.from_bytes(self._take(4), "big")

    def u64(self):
        return int.from_bytes(self._take(8), "big")

    def i32(self):
        return int.from_bytes(self._take(4), "big", signed=True)

    def text(self):
        return utf8(self._take(int.from_bytes(self._take(2), "big")))

    def rest(self):
        return self._stream.read()


async def read_frame(reader, max_frame):
    """The kind and the fields of the server's next frame."""
    length = int.from_bytes(await reader.readexactly(4), "big")
    if not 1 <= length <= max_frame:
        raise Violation(f"a frame of {length} bytes, where 1 to {max_frame} are accepted")
    body = await reader.readexactly(length)
    kind, fields = body[0], Fields(body[1:])
    if kind not in LAYOUTS:
        raise Violation(f"a frame of the kind 0x{kind:02x}")
    values = [getattr(fields, name)() for name in LAYOUTS[kind].split()]
    if fields.rest():
        raise Violation("a frame is longer than its fields")
    return kind, values


async def open_connection(address):
    """Connects to `unix:<path>` or `tcp:<host>:<port>`."""
    scheme, _, where = address.partition(":")
    if scheme == "unix":
        return await asyncio.open_unix_connection(where)
    host, _, port = where.rpartition(":")
    if scheme != "tcp" or not host or not port.isdecimal():
        raise ValueError(f"not an address: {address!r}")
    return await asyncio.open_connection(host.strip("[]"), int(port))


class _Lasting:
    """What LISTEN or REGISTER opens: it lasts until its REPLY. Leaving it as a context closes it."""

    def __init__(self, client):
        self._client = client
        self._ready = asyncio.get_running_loop().create_future()
        self._opened = self._asked = False  # OPENED has come; CANCEL was sent
        self.ended = False

    async def _open(self, kind, *fields):
        self._number, self._reply = self._client._open(kind, *fields, lasting=self)
        try:
            await self._ready
        except asyncio.CancelledError:
            self._client.cancel(self._number)
            raise
        return self

    def _end(self, error):
        self.ended = True
        if not self._ready.done():
            self._ready.set_exception(error or Failed(CANCELLED, "it ended before it was open"))
            self._ready.exception()  # nobody has to look at it

    async def close(self):
        """Ends it, and waits until the server has. Does nothing if it has ended already."""
        self._client.cancel(self._number)
        await asyncio.wait([self._reply])

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc):
        await self.close()


class Listener(_Lasting):
    """Iterates over an event as `(missed, value)`: how many were missed before this one, and the map of its arguments.

    After `close`, or when the server shuts down, the iteration ends, behind what came before. If the listener ended
    otherwise the iteration raises why, as Disconnected.
    """

    def __init__(self, client):
        super().__init__(client)
        self._events, self._error = asyncio.Queue(), None
        self._size = self._missed = 0  # bytes in the queue; events that were missed behind it

    def _put(self, missed, payload):
        value, size = decode(payload), len(payload) + 100
        self._missed += missed
        if self._size + size > EVENT_BUFFER and self._size:
            self._missed += 1
        else:
            self._events.put_nowait((self._missed, value, size))
            self._size, self._missed = self._size + size, 0

    def _end(self, error):
        super()._end(error)
        self._error = error
        self._events.put_nowait(None)

    def __aiter__(self):
        return self

    async def __anext__(self):
        event = await self._events.get()
        if event is None:
            self._events.put_nowait(None)  # for whoever asks again
            raise self._error or StopAsyncIteration
        missed, value, size = event
        self._size -= size
        return missed, value


class Registration(_Lasting):
    """The client is a host function, until `close`."""

    def __init__(self, client, name, function):
        super().__init__(client)
        self._name, self._function = name, function

    async def _answer(self, payload):
        """Runs the function: the status and the payload of its call's COMPLETE."""
        try:
            arguments = decode(payload)
            inspect.signature(self._function).bind(**arguments)
        except (Violation, TypeError) as e:
            return DECODE, str(e).encode(errors="replace")
        try:
            try:
                return OK, cbor2.dumps(await self._function(**arguments))
            except Declared as e:
                return ERR, cbor2.dumps(e.error)
        except Exception as e:
            if isinstance(e, Failed) and e.ret > ERR:
                return e.ret, e.error.encode(errors="replace")
            log.exception("the host function %s failed", self._name)
            return PANIC, f"{type(e).__name__}: {e}".encode(errors="replace")


class Client:
    """A connection to a library, made by `Client.connect`. Leaving it as a context closes it.

    library, version, abi_hash, server_max_frame, max_in_flight: what the server said in its WELCOME.
    goodbye: None, or the `(ret, text)` of the server's GOODBYE.
    replies: the futures of the REPLYs to come, by the number of what is open.
    stale: for how many milliseconds a request had run when the server told so last, by number.
    calls: the tasks of the host calls that run now, by call. One that is cancelled is answered CANCELLED.
    refused: the answers to host calls that the server refused, as `(call, ret)`.
    """

    @classmethod
    async def connect(cls, address, *, token="", abi_hash=0, max_frame=1 << 20):
        """Connects and greets. Raises Failed with the server's status if it refuses, OSError if nobody is there."""
        hello = frame(HELLO, u32(max_frame), u64(abi_hash), text(token))
        reader, writer = await open_connection(address)
        try:
            writer.write(PREFACE + hello)
            preface = await reader.readexactly(len(PREFACE))
            if preface[:-1] != PREFACE[:-1]:
                raise Violation(f"the server began with {preface!r}")
            if preface != PREFACE:
                raise Disconnected(f"the newest version that the server speaks is {preface[-1]}")
            # A max_frame that is below the least, 1,024, is refused with a frame that may be longer.
            kind, values = await read_frame(reader, max(max_frame, 1024))
            if kind == SERVER_GOODBYE:
                raise Failed(*values)
            if kind != WELCOME:
                raise Violation(f"a frame of the kind 0x{kind:02x} before WELCOME")
            return cls(reader, writer, max_frame, *values)
        except BaseException as e:
            writer.transport.abort()
            if isinstance(e, (EOFError, OSError)):
                raise Disconnected(f"the connection ended in the greeting: {e}") from e
            raise

    def __init__(self, reader, writer, max_frame, server_max_frame, max_in_flight, abi_hash, library, version):
        self.library, self.version, self.abi_hash = library, version, abi_hash
        self.server_max_frame, self.max_in_flight = server_max_frame, max_in_flight
        self.goodbye = None
        self.replies, self.stale, self.calls, self.refused = {}, {}, {}, []
        self._writer = writer
        self._numbers = itertools.count(1)
        self._lasting = {}  # the listeners and registrations among `replies`
        self._pings = {}  # the futures of the PONGs to come, by number
        self._tasks = set()  # of `calls`, and of calls that are being cancelled
        self._closing = False  # GOODBYE was sent
        self._lost = None  # why the connection has ended
        self._reading = asyncio.create_task(self._read(reader, max_frame))

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc):
        await self.close()

    def start(self, method, /, timeout_ms=0, **arguments):
        """Starts a request: its number, and the future of its result in CBOR, which fails with Failed or Disconnected.

        Cancelling the future cancels the request. Raises Failed: TOO_LARGE, if the server does not accept a frame of
        that length; CLOSING, after `close`.
        """
        return self._start(method, cbor2.dumps(arguments), timeout_ms)

    async def request(self, method, /, timeout_ms=0, **arguments):
        """The result of a request. It is cancelled with the task that waits for it."""
        return await self.request_raw(method, cbor2.dumps(arguments), timeout_ms)

    async def request_raw(self, method, payload, timeout_ms=0):
        """The result of a request whose arguments are in CBOR already."""
        result = await self._start(method, payload, timeout_ms)[1]
        try:
            return decode(result)
        except Violation as e:
            self._lose(e)
            raise

    def cancel(self, number):
        """Asks the server to end what is open with this number; the REPLY still comes. Harmless at any time."""
        if number in self.replies:
            if number in self._lasting:
                self._lasting[number]._asked = True
            self._send(CANCEL, u64(number))

    async def listen(self, event):
        """Listens to an event. Raises Failed if the server refuses."""
        return await Listener(self)._open(LISTEN, text(event))

    async def register(self, name, async_function, max_in_flight=0, deadline_ms=0):
        """Offers to be a host function, which is called with the arguments as keywords. Raises Failed if refused.

        The function returns its result, or raises Declared with its declared error, or Failed with another status. Any
        other exception answers PANIC, arguments that it does not take DECODE. It is cancelled when nobody waits for it.
        """
        registration = Registration(self, name, async_function)
        return await registration._open(REGISTER, u32(max_in_flight), u32(deadline_ms), text(name))

    async def ping(self, n):
        """Sends PING and waits for its PONG; `n` again."""
        self._send(PING, u64(n))
        future = asyncio.get_running_loop().create_future()
        self._pings.setdefault(n, []).append(future)
        return await future

    async def close(self):
        """Says goodbye, and waits until the server has answered what is in flight and ended the connection.

        If the waiting is cancelled, the connection is dropped at once.
        """
        try:
            if not self._lost and not self._closing:
                self._send(GOODBYE)
                self._closing = True
            await asyncio.wait([self._reading])
            if tasks := self._tasks - {asyncio.current_task()}:
                await asyncio.wait(tasks)
            await self._writer.wait_closed()
        except OSError:
            pass  # what the connection broke with
        finally:
            self.abort()

    def abort(self):
        """Drops the connection at once: what is in flight fails with Disconnected."""
        self._lose(Disconnected("the client dropped the connection"))

    def _send(self, kind, *fields):
        if self._lost:
            raise self._error()
        data = frame(kind, *fields)
        if len(data) - 4 > self.server_max_frame:
            raise Failed(TOO_LARGE, f"a frame of {len(data) - 4} bytes, where {self.server_max_frame} are accepted")
        self._writer.write(data)

    def _start(self, method, payload, timeout_ms):
        return self._open(REQUEST, u32(timeout_ms), text(method), payload)

    def _open(self, kind, *fields, lasting=None):
        """Opens an id: its number, and the future of its REPLY."""
        if self._closing and not self._lost:
            raise Failed(CLOSING, "the client has said goodbye")
        number = next(self._numbers)
        self._send(kind, u64(number), *fields)

        def done(future):
            if future.cancelled():
                self.cancel(number)
            else:
                future.exception()  # nobody has to look at it

        future = self.replies[number] = asyncio.get_running_loop().create_future()
        future.add_done_callback(done)
        if lasting:
            self._lasting[number] = lasting
        return number, future

    def _error(self):
        """Why the connection has ended, as a new exception for each thing that fails with it."""
        return type(self._lost)(*self._lost.args)

    def _lose(self, error, in_order=False):
        """Ends the connection and all that is open. `in_order`: listeners and registrations were to end with it."""
        if self._lost:
            return
        self._lost = error
        self._writer.transport.abort()
        for lasting in self._lasting.values():
            lasting._end(None if in_order and lasting._opened else self._error())
        for future in itertools.chain(self.replies.values(), *self._pings.values()):
            if not future.done():
                future.set_exception(self._error())
        for task in self._tasks:
            task.cancel()
        for things in (self._lasting, self.replies, self._pings, self.stale, self.calls):
            things.clear()

    async def _read(self, reader, max_frame):
        """Reads what the server sends, until the connection ends."""
        error, in_order = Disconnected("the connection was lost"), False
        try:
            while not self._lost:
                kind, values = await read_frame(reader, max_frame)
                self._HANDLERS[kind](self, *values)
        except (EOFError, OSError) as e:
            in_order = self.goodbye is not None and not getattr(e, "partial", None)
            if self._closing or in_order:
                error = Disconnected("the connection was closed")
        except Disconnected as e:
            error = e
        finally:
            self._lose(error, in_order)

    def _on_welcome(self, *values):
        raise Violation("a second WELCOME")

    def _on_reply(self, number, ret, payload):
        if number not in self.replies:
            raise Violation(f"a REPLY to {number}, which is not open")
        if ret < OK or ERR < ret < 4:
            raise Violation(f"a REPLY with the status {ret}")
        error = Failed(ret, payload) if ret != OK else None
        if lasting := self._lasting.get(number):
            if not (error or lasting._opened or lasting._asked or self._closing):
                raise Violation(f"a REPLY with OK to {number}, which was neither opened nor cancelled")
            del self._lasting[number]
            lasting._end(error)
        self.stale.pop(number, None)
        future = self.replies.pop(number)
        if not future.done():
            future.set_exception(error) if error else future.set_result(payload)

    def _on_opened(self, number):
        lasting = self._lasting.get(number)
        if lasting is None or lasting._opened:
            raise Violation(f"OPENED of {number}, which does not wait for it")
        lasting._opened = True
        if not lasting._ready.done():
            lasting._ready.set_result(None)

    def _on_stale(self, number, elapsed_ms):
        if number not in self.replies or number in self._lasting:
            raise Violation(f"STALE of {number}, which is no request that runs")
        self.stale[number] = elapsed_ms

    def _opened(self, number, of):
        """The listener or the registration of a frame that may come only while it is open."""
        lasting = self._lasting.get(number)
        if not isinstance(lasting, of) or not lasting._opened:
            raise Violation(f"a frame for {number}, which is no {of.__name__.lower()} that is open")
        return lasting

    def _on_event(self, number, missed, payload):
        self._opened(number, Listener)._put(missed, payload)

    def _on_call(self, call, number, payload):
        registration = self._opened(number, Registration)
        if call in self.calls:
            raise Violation(f"a second CALL with the number {call}")

        def done(task):
            self._tasks.discard(task)
            if task.cancelled():
                self._complete(call, CANCELLED, b"the client gave the call up")
            elif error := task.exception():
                self._complete(call, PANIC, type(error).__name__.encode())
            else:
                self._complete(call, *task.result())

        task = self.calls[call] = asyncio.create_task(registration._answer(payload))
        self._tasks.add(task)
        task.add_done_callback(done)

    def _complete(self, call, ret, payload):
        """Answers a call, if anybody still waits for that."""
        if self.calls.pop(call, None) is None:
            return
        room = self.server_max_frame - 13  # beside the kind, the call and the status
        if len(payload) > room and ret in (OK, ERR):
            ret, payload = TOO_LARGE, f"an answer of {len(payload)} bytes, where {room} are accepted".encode()
        elif len(payload) > room:
            payload = payload[:room].decode(errors="ignore").encode()
        self._send(COMPLETE, u64(call), i32(ret), payload)

    def _on_call_cancelled(self, call):
        if task := self.calls.pop(call, None):  # else its COMPLETE is on its way
            task.cancel()

    def _on_call_refused(self, call, ret):
        self.refused.append((call, ret))

    def _on_ping(self, number):
        self._send(PONG, u64(number))

    def _on_pong(self, number):
        if not self._pings.get(number):
            raise Violation(f"a PONG with {number}, which was not asked for")
        future = self._pings[number].pop(0)
        if not self._pings[number]:
            del self._pings[number]
        if not future.done():
            future.set_result(number)

    def _on_goodbye(self, ret, message):
        self.goodbye = ret, utf8(message)
        if ret != CLOSING:
            raise Disconnected(str(Failed(*self.goodbye)))

    _HANDLERS = dict(zip(LAYOUTS, (
        _on_welcome, _on_reply, _on_opened, _on_stale, _on_event, _on_call, _on_call_cancelled, _on_call_refused,
        _on_ping, _on_pong, _on_goodbye,
    )))
