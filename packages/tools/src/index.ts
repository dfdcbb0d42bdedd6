/**
 * Programs over a machine's system calls, with the grammar and output of their Linux namesakes, for places where those do not run.
 *
 * @packageDocumentation
 */
export { ip } from './ip.ts';
export { radvd } from './radvd.ts';
export { ss } from './ss.ts';
export { sysctl } from './sysctl.ts';
export { runTool, TOOLS, type Tool, type ToolIo } from './tool.ts';
