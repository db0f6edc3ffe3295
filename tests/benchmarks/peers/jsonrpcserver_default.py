"""jsonrpcserver with its defaults behind asyncio's Unix server."""

import asyncio
import sys
import time

from jsonrpcserver import Result, Success, async_dispatch, method


@method(name="system.ping")
async def ping() -> Result:
    return Success({"time_s": time.time()})


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write((await async_dispatch(line.decode())).encode() + b"\n")
        await writer.drain()


async def main() -> None:
    server = await asyncio.start_unix_server(serve, sys.argv[1])
    await server.serve_forever()


asyncio.run(main())
