"""The websocket protocol as far as a live page needs it: RFC 6455, and RFC 7692 for compression."""

import struct

# Opcodes (RFC 6455, section 5.2).
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

#: The bit that marks a compressed message (RFC 7692, section 6).
COMPRESSED = 0x40

# Close codes: RFC 6455, section 7.4.1; IANA; our own.
PROTOCOL_ERROR = 1002
UNSUPPORTED_DATA = 1003
INTERNAL_ERROR = 1011
SERVICE_RESTART = 1012
NO_SUCH_PAGE = 4004
FELL_BEHIND = 4008
TOO_MANY = 4429


def frame(opcode: int, payload: bytes) -> bytes:
    """A whole message in one frame, as servers send it: unmasked."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x80 | opcode, size) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x80 | opcode, 126, size) + payload
    return struct.pack("!BBQ", 0x80 | opcode, 127, size) + payload
