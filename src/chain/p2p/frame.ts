/** Cuts a p2p byte stream into frames: u32 little-endian length, then that many bytes of payload. */
import { Problem } from "../../kit/problem.ts";

/** nodeos closes a connection that announces more. */
export const MAX_FRAME_BYTES = 8 * 1024 * 1024;

export class FrameSplitter {
  private chunks: Buffer[] = [];
  private buffered = 0;

  /**
   * Takes the next bytes of the stream and returns the payloads that are complete. A payload is a copy or
   * a view that stays valid. Throws `P2P_BAD_FRAME` for a length of 0 or above 8 MiB: close the connection.
   */
  push(chunk: Buffer): Buffer[] {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    const payloads: Buffer[] = [];
    for (;;) {
      if (this.buffered < 4) break;
      const length = this.peek(4).readUInt32LE(0);
      if (length === 0 || length > MAX_FRAME_BYTES) {
        throw new Problem({
          code: "P2P_BAD_FRAME",
          message: `the peer announced a frame of ${length} bytes`,
          expected: `1 to ${MAX_FRAME_BYTES} bytes`,
          help: "check that the address is a p2p endpoint of nodeos",
        });
      }
      if (this.buffered < 4 + length) break;
      payloads.push(this.peek(4 + length).subarray(4, 4 + length));
      this.drop(4 + length);
    }
    return payloads;
  }

  /** The first `count` bytes in one buffer. */
  private peek(count: number): Buffer {
    const first = this.chunks[0] as Buffer;
    if (first.length >= count) return first;
    const joined = Buffer.concat(this.chunks);
    this.chunks = [joined];
    return joined;
  }

  private drop(count: number): void {
    const first = this.chunks[0] as Buffer;
    if (first.length === count) this.chunks.shift();
    else this.chunks[0] = first.subarray(count);
    this.buffered -= count;
  }
}
