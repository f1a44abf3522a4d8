"""An SMTP server for tests: aiosmtpd with TLS, sign-in and refusals.

Prints its port and keeps what it takes in FOLDER/taken, what it puts off in
FOLDER/put-off.
"""

import argparse
import asyncio
import ssl
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Handler:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.count = 0

    def keep(self, kind, content):
        self.count += 1
        folder = self.folder / kind
        folder.mkdir(exist_ok=True)
        partial = folder / f"{self.count:04}.partial"
        partial.write_bytes(content)
        partial.rename(folder / f"{self.count:04}.eml")

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 There is no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        first = not (self.folder / "put-off").exists()
        if first and any(address.startswith("later") for address in envelope.rcpt_tos):
            self.keep("put-off", envelope.content)
            return "451 4.3.0 Come back later"
        self.keep("taken", envelope.content)
        return "250 OK"


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--certificate", help="folder of server.pem and server.key")
    parser.add_argument("--tls", choices=["starttls", "implicit"])
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--mechanism", choices=["PLAIN", "LOGIN"])
    args = parser.parse_args()
    context = None
    if args.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(f"{args.certificate}/server.pem", f"{args.certificate}/server.key")
    implicit = args.tls == "implicit"

    def authenticate(server, session, envelope, mechanism, data):
        right = LoginPassword(args.user.encode(), args.password.encode())
        return AuthResult(success=data == right, handled=False)

    handler = Handler(args.folder)

    def make():
        others = [m for m in ("PLAIN", "LOGIN") if args.mechanism and m != args.mechanism]
        return SMTP(
            handler,
            hostname="localhost",
            tls_context=context if args.tls == "starttls" else None,
            require_starttls=args.tls == "starttls",
            authenticator=authenticate if args.user else None,
            auth_required=bool(args.user),
            auth_require_tls=bool(args.tls) and not implicit,
            auth_exclude_mechanism=others,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", 0, ssl=context if implicit else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
