import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { p2pPayloads, recordedBytes } from "../../../test/recordings.ts";
import { FrameSplitter, MAX_FRAME_BYTES } from "./frame.ts";

function framed(payload: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(payload.length);
  return Buffer.concat([length, payload]);
}

/** `bytes` in pieces that end at the given places. */
function pieces(bytes: Buffer, cuts: number[]): Buffer[] {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

const payload = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes): Buffer => Buffer.from(bytes));

test("frames come out whole however the stream is cut", () => {
  fc.assert(
    fc.property(fc.array(payload), fc.array(fc.nat()), (payloads, cuts) => {
      const splitter = new FrameSplitter();
      const stream = Buffer.concat(payloads.map(framed));
      const received = pieces(stream, cuts).flatMap((piece) => splitter.push(piece));
      assert.deepEqual(received, payloads);
    }),
  );
});

test("the recorded connection comes out the same byte by byte, in pieces, and at once", () => {
  for (const direction of ["dialer", "listener"] as const) {
    const stream = recordedBytes(`p2p/from-${direction}.bin`);
    const expected = p2pPayloads(direction);
    for (const size of [1, 7, 1448, stream.length]) {
      const splitter = new FrameSplitter();
      const received: Buffer[] = [];
      for (let at = 0; at < stream.length; at += size) received.push(...splitter.push(stream.subarray(at, at + size)));
      assert.deepEqual(received, expected);
    }
  }
});

test("a payload stays as it was while more arrives", () => {
  const splitter = new FrameSplitter();
  const first = Buffer.alloc(100, 1);
  const stream = Buffer.concat([framed(first), framed(Buffer.alloc(100, 2)), framed(Buffer.alloc(100, 3))]);
  // cut so that the first frame is gathered from two pieces, and the second as well
  const [payloadOne] = [stream.subarray(0, 50), stream.subarray(50, 150)].flatMap((piece) => splitter.push(piece));
  splitter.push(stream.subarray(150, 260));
  splitter.push(stream.subarray(260));
  assert.deepEqual(payloadOne, first);
});

test("a frame of the largest size comes out, also a byte at a time at its end", () => {
  const splitter = new FrameSplitter();
  const largest = framed(Buffer.alloc(MAX_FRAME_BYTES, 7));
  assert.deepEqual(splitter.push(largest.subarray(0, -3)), []);
  assert.deepEqual(splitter.push(largest.subarray(-3, -2)), []);
  assert.deepEqual(splitter.push(largest.subarray(-2, -1)), []);
  const [whole] = splitter.push(largest.subarray(-1));
  assert.equal(whole?.length, MAX_FRAME_BYTES);
});

test("a length that no node sends is refused as soon as it is known", () => {
  for (const length of [0, MAX_FRAME_BYTES + 1, 0xffff_ffff]) {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(length);
    assert.throws(() => new FrameSplitter().push(head), { code: "P2P_BAD_FRAME" });
    const splitter = new FrameSplitter();
    splitter.push(head.subarray(0, 3));
    assert.throws(() => splitter.push(head.subarray(3)), { code: "P2P_BAD_FRAME" });
    // behind a good frame too
    assert.throws(() => new FrameSplitter().push(Buffer.concat([framed(Buffer.alloc(1)), head])), {
      code: "P2P_BAD_FRAME",
    });
  }
});

test("what was announced is not allocated before it comes", () => {
  const head = Buffer.alloc(5);
  head.writeUInt32LE(MAX_FRAME_BYTES);
  const before = process.memoryUsage().arrayBuffers;
  const splitters = Array.from({ length: 100 }, () => {
    const splitter = new FrameSplitter();
    splitter.push(head);
    splitter.push(head.subarray(4));
    return splitter;
  });
  // a hundred such peers announced 800 MiB
  assert.ok(process.memoryUsage().arrayBuffers - before < 16 * 1024 * 1024);
  assert.equal(splitters.length, 100);
});
