import { describe, expect, test } from 'vitest';
import { cmsgDecode, cmsgEncode } from '../../src/control/cmsg.ts';
import { type Frame, FrameReader, MAX_FRAME, readWho, Reply } from '../../src/control/wire.ts';
import { frame, who } from './client.ts';

const collect = (chunks: readonly Uint8Array[]): { frames: { op: number; id: number; payload: number[] }[]; ok: boolean } => {
  const reader = new FrameReader();
  const frames: { op: number; id: number; payload: number[] }[] = [];
  let ok = true;
  for (const chunk of chunks) {
    ok &&= reader.push(chunk, (f: Frame) => {
      frames.push({ op: f.op, id: f.id, payload: Array.from(f.payload) });
      return true;
    });
  }
  return { frames, ok };
};

describe('frames', () => {
  const two = Buffer.concat([frame(4, { id: 7 }, new Uint8Array([1, 2, 3])), frame(5, { id: 8 })]);
  const expected = [{ op: 4, id: 7, payload: [1, 2, 3] }, { op: 5, id: 8, payload: [] }];

  test('come out whole, however they were cut', () => {
    expect(collect([two])).toEqual({ frames: expected, ok: true });
    for (let cut = 1; cut < two.length; cut++) expect(collect([two.subarray(0, cut), two.subarray(cut)])).toEqual({ frames: expected, ok: true });
    expect(collect(Array.from(two, (b) => new Uint8Array([b])))).toEqual({ frames: expected, ok: true });
  });

  test('what is too short or too long is no frame', () => {
    const bad = frame(4);
    new DataView(bad.buffer).setUint32(0, 19, true);
    expect(collect([bad]).ok).toBe(false);
    new DataView(bad.buffer).setUint32(0, MAX_FRAME - 3, true);
    expect(collect([bad]).ok).toBe(false);
    new DataView(bad.buffer).setUint32(0, 0xffffffff, true);
    expect(collect([bad]).ok).toBe(false);
  });

  test('a reader that has had enough keeps the rest', () => {
    const reader = new FrameReader();
    expect(reader.push(two, () => false)).toBe(true);
    expect(reader.rest()).toEqual(new Uint8Array(frame(5, { id: 8 })));
    expect(reader.rest().length).toBe(0);
  });
});

describe('who', () => {
  test('says process, namespace and descriptor', () => {
    expect(readWho(who({ pid: 77, ino: 4026531840, socketIno: 2 ** 40 + 5, netns: 'blue' }))).toEqual({ pid: 77, ino: 4026531840, socketIno: 2 ** 40 + 5, netns: 'blue' });
    expect(readWho(who({ pid: 1, ino: 2, netns: null }))).toEqual({ pid: 1, ino: 2, socketIno: 0, netns: null });
  });

  test('strangers are strangers, other versions say which', () => {
    expect(readWho(who({ magic: 1 }))).toBe(null);
    expect(readWho(who().subarray(0, 287))).toBe(null);
    expect(readWho(who({ version: 9 }))).toBe(9);
  });
});

describe('replies', () => {
  test('grow with what they carry, and shrink again', () => {
    const reply = new Reply(8);
    reply.reset();
    reply.rc = -11;
    reply.drop = 2;
    reply.flags = 3;
    reply.addU32(5);
    reply.add(new Uint8Array(1000).fill(9));
    reply.setU32(0, 6);
    const u8 = reply.finish();
    const view = new DataView(u8.buffer, u8.byteOffset);
    expect(u8.length).toBe(24 + 1004);
    expect([view.getUint32(0, true), view.getInt32(4, true), view.getUint16(8, true), view.getUint16(10, true), view.getUint32(24, true), u8[28], u8[1027]]).toEqual([1024, -11, 2, 3, 6, 9, 9]);
    reply.shrink(100);
    expect(reply.u8.length).toBe(32);
  });
});

describe('control messages', () => {
  test('go there and back', () => {
    const list = [{ level: 1, type: 2, data: new Uint8Array([1, 2, 3]) }, { level: -1, type: 8, data: new Uint8Array(16).fill(4) }];
    const out = new Uint8Array(64);
    const { len, cut } = cmsgEncode(list, out);
    // 16 + 3 padded to 24, and 32: CMSG_SPACE(3) + CMSG_SPACE(16) of <sys/socket.h>.
    expect([len, cut]).toEqual([56, false]);
    expect(cmsgDecode(out.subarray(0, len))).toEqual(list);
  });

  test('what does not fit is cut, and said to be', () => {
    const list = [{ level: 1, type: 2, data: new Uint8Array(8).fill(7) }];
    expect(cmsgEncode(list, new Uint8Array(24))).toEqual({ len: 24, cut: false });
    const out = new Uint8Array(20);
    expect(cmsgEncode(list, out)).toEqual({ len: 20, cut: true });
    expect(cmsgDecode(out)).toEqual([{ level: 1, type: 2, data: new Uint8Array(4).fill(7) }]);
    expect(cmsgEncode(list, new Uint8Array(15))).toEqual({ len: 0, cut: true });
  });

  test('malformed ones are refused', () => {
    const out = new Uint8Array(16);
    const view = new DataView(out.buffer);
    for (const len of [0, 15, 17]) {
      view.setUint32(0, len, true);
      expect(cmsgDecode(out)).toBe(null);
    }
    view.setUint32(0, 16, true);
    view.setUint32(4, 1, true);
    expect(cmsgDecode(out)).toBe(null);
  });
});
