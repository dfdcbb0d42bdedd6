/**
 * Scripts in the language of packetdrill, run against a machine in virtual time.
 *
 * @packageDocumentation
 */
export type { ToolRunner } from './machine.ts';
export { parseScript } from './parser.ts';
export { runScript, type RunOptions, type RunResult } from './run.ts';
export type { CallSpec, EventTime, Expr, IcmpSpec, IpInfo, PacketBase, PacketSpec, Script, ScriptEvent, TcpOption, TcpSpec, UdpSpec } from './script.ts';
export { ScriptError } from './script.ts';
