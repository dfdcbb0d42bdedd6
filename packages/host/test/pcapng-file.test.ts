import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPcapngFile, PCAPNG_INBOUND, PcapngWriter, readPcapng } from '@linnet/host';

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'linnet-pcapng-')); });
afterAll(() => rmSync(folder, { recursive: true }));

describe('openPcapngFile', () => {
  it('writes the bytes of the writer into the file and counts them', () => {
    const path = join(folder, 'a.pcapng');
    const file = openPcapngFile(path, { application: 'test', chunkSize: 1_000 });
    const chunks: Uint8Array[] = [];
    const plain = new PcapngWriter((chunk) => chunks.push(chunk), { application: 'test', chunkSize: 1_000 });
    for (const w of [file.writer, plain]) {
      const id = w.addInterface({ name: 'tap0' });
      for (let i = 0; i < 100; i++) w.packet(id, i, PCAPNG_INBOUND, new Uint8Array(60).fill(i));
    }
    plain.end();
    file.close();
    file.close();
    const bytes = readFileSync(path);
    expect(bytes.equals(Buffer.concat(chunks))).toBe(true);
    expect(file.bytesWritten).toBe(bytes.length);
    expect(file.error).toBeNull();
    expect(readPcapng(bytes).packets).toHaveLength(100);
  });

  it('shows a complete capture after flush, before it is closed', () => {
    const path = join(folder, 'b.pcapng');
    const file = openPcapngFile(path);
    file.writer.packet(file.writer.addInterface(), 1, 0, new Uint8Array(60));
    expect(readFileSync(path)).toHaveLength(0);
    file.writer.flush();
    expect(readPcapng(readFileSync(path)).packets).toHaveLength(1);
    file.close();
  });

  it('writes to a descriptor and leaves it open', () => {
    const fd = openSync(join(folder, 'c.pcapng'), 'w');
    const file = openPcapngFile(fd);
    file.close();
    expect(fstatSync(fd).size).toBe(file.bytesWritten);
    closeSync(fd);
  });

  it('fails to open as fs does', () => {
    expect(() => openPcapngFile(join(folder, 'none', 'x.pcapng'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  it('tells once of a full disk, keeps taking packets, and throws when closed if nobody was told', () => {
    const errors: string[] = [];
    const told = openPcapngFile('/dev/full', { chunkSize: 64, onError: (error) => errors.push((error as NodeJS.ErrnoException).code ?? '') });
    const id = told.writer.addInterface();
    for (let i = 0; i < 10; i++) told.writer.packet(id, i, 0, new Uint8Array(100));
    told.close();
    expect(errors).toEqual(['ENOSPC']);
    expect(told.bytesWritten).toBe(0);
    const silent = openPcapngFile('/dev/full');
    expect(() => silent.close()).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
  });
});
