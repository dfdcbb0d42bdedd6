/// <reference types="node" preserve="true" />
// The types behind '#stream'. What is loaded is Node's own module, or in a browser readable-stream, which is the same code.
export { Duplex, PassThrough, Readable, Stream, Transform, Writable, finished, pipeline } from 'node:stream';
export type { EventEmitter } from 'node:events';
