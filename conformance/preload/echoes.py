# Sends back what each of many connections brings.
import socketserver, sys


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    request_queue_size = 100
    daemon_threads = True


with Server((sys.argv[1], int(sys.argv[2])), Echo) as server:
    print('listening')
    server.serve_forever()
