# An echo server and its clients on plain sockets, each in four ways: threads, select, epoll, asyncio.
# echo.py HOST thread|select|epoll|poll|asyncio server|client
import asyncio, os, selectors, socket, sys, threading

HOST, MODE, ROLE = sys.argv[1:4]
PORT, CLIENTS, SIZE = 7000, 4, 3_000_000


def listener():
    ls = socket.socket()
    ls.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ls.bind((HOST, PORT))
    ls.listen(16)
    print('listening', flush=True)
    return ls


def thread_server():
    ls = listener()

    def one(c):
        while data := c.recv(65536):
            c.sendall(data)
        c.close()

    threads = []
    for _ in range(CLIENTS):
        threads.append(threading.Thread(target=one, args=(ls.accept()[0],)))
        threads[-1].start()
    for t in threads:
        t.join()
    ls.close()


def selector_server(sel):
    ls, out, done = listener(), {}, 0
    ls.setblocking(False)
    sel.register(ls, selectors.EVENT_READ)
    while done < CLIENTS:
        for key, events in sel.select(10):
            s = key.fileobj
            if s is ls:
                c, _ = s.accept()
                c.setblocking(False)
                out[c] = b''
                sel.register(c, selectors.EVENT_READ)
                continue
            if events & selectors.EVENT_READ:
                data = s.recv(65536)
                if not data and not out[s]:
                    sel.unregister(s)
                    s.close()
                    done += 1
                    continue
                out[s] += data
            if out[s]:
                try:
                    out[s] = out[s][s.send(out[s]):]
                except BlockingIOError:
                    pass
            sel.modify(s, selectors.EVENT_READ | (selectors.EVENT_WRITE if out[s] else 0))
    ls.close()


async def asyncio_server():
    done, count = asyncio.Event(), 0

    async def one(reader, writer):
        nonlocal count
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
        count += 1
        if count == CLIENTS:
            done.set()

    server = await asyncio.start_server(one, HOST, PORT)
    print('listening', flush=True)
    await done.wait()
    server.close()


def client(results, i):
    s, data = socket.create_connection((HOST, PORT)), os.urandom(SIZE)

    def send():
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)

    t = threading.Thread(target=send)
    t.start()
    got = b''.join(iter(lambda: s.recv(65536), b''))
    t.join()
    s.close()
    results[i] = got == data


async def asyncio_client():
    reader, writer = await asyncio.open_connection(HOST, PORT)
    data = os.urandom(SIZE)

    async def send():
        writer.write(data)
        await writer.drain()
        writer.write_eof()

    task = asyncio.create_task(send())
    got = await reader.read(-1)
    await task
    writer.close()
    return got == data


async def asyncio_clients():
    return await asyncio.gather(*[asyncio_client() for _ in range(CLIENTS)])


if ROLE == 'server':
    if MODE == 'asyncio':
        asyncio.run(asyncio_server())
    elif MODE == 'thread':
        thread_server()
    else:
        selector_server({'select': selectors.SelectSelector, 'epoll': selectors.EpollSelector, 'poll': selectors.PollSelector}[MODE]())
elif MODE == 'asyncio':
    print(asyncio.run(asyncio_clients()))
else:
    results = [None] * CLIENTS
    threads = [threading.Thread(target=client, args=(results, i)) for i in range(CLIENTS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(results)
