/** Cuts a p2p byte stream into frames: u32 little-endian length, then that many bytes of payload. */
import { Problem } from "../../kit/problem.ts";

/** nodeos closes a connection that announces more. */
export const MAX_FRAME_BYTES = 8 * 1024 * 1024;
const LENGTH_BYTES = 4;

export class FrameSplitter {
  /** The beginning of an incomplete frame is `held` up to `size`; what was announced is not allocated ahead. */
  private held = Buffer.alloc(0);
  private size = 0;

  /**
   * Takes the next bytes of the stream and returns the payloads that are complete. A payload is a view on
   * memory that is not written again. Throws `P2P_BAD_FRAME` for a length of 0 or above 8 MiB: close the connection.
   */
  push(chunk: Buffer): Buffer[] {
    const input = this.size === 0 ? chunk : this.append(chunk);
    const payloads: Buffer[] = [];
    let at = 0;
    for (let end = frameEnd(input, at); end <= input.length; end = frameEnd(input, at)) {
      payloads.push(input.subarray(at + LENGTH_BYTES, end));
      at = end;
    }
    if (at > 0 || this.size === 0) {
      this.held = Buffer.from(input.subarray(at));
      this.size = this.held.length;
    }
    return payloads;
  }

  /** Everything held and the chunk behind it; room doubles, so that many small chunks cost no more than one. */
  private append(chunk: Buffer): Buffer {
    const size = this.size + chunk.length;
    if (size > this.held.length) {
      const larger = Buffer.allocUnsafe(Math.max(size, this.held.length * 2));
      this.held.copy(larger, 0, 0, this.size);
      this.held = larger;
    }
    chunk.copy(this.held, this.size);
    this.size = size;
    return this.held.subarray(0, size);
  }
}

/** Where the frame that begins at `at` ends; infinity while its length is not complete. */
function frameEnd(input: Buffer, at: number): number {
  if (input.length - at < LENGTH_BYTES) return Number.POSITIVE_INFINITY;
  const length = input.readUInt32LE(at);
  if (length === 0 || length > MAX_FRAME_BYTES) {
    throw new Problem({
      code: "P2P_BAD_FRAME",
      message: `the peer announced a frame of ${length} bytes`,
      expected: `1 to ${MAX_FRAME_BYTES} bytes`,
      help: "check that the address is a p2p endpoint of nodeos",
    });
  }
  return at + LENGTH_BYTES + length;
}
