/** EventEmitter without importing Node: it is what Node's streams, and readable-stream in a browser, are made of. */
import { type EventEmitter as Emitter, Stream } from '#stream';

/** The class that `Stream` extends: Node's EventEmitter, or the one that came with readable-stream. @public */
export const EventEmitter: typeof Emitter = Object.getPrototypeOf(Stream) as typeof Emitter;
