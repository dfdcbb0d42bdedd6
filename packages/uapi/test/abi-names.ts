// Exceptions of abi.test.ts.

/** Names that no header for programs has: header sizes and bits, Linux-internal names, offsets. Their source is an RFC; abi.test.ts checks the sizes of structs by sizeof. */
export const OURS: readonly string[] = [
  ,
];

/** Numbers of Linux 6.2 to 6.18: compared where the headers are new enough. */
export const NEWER: readonly string[] = [
  ,
];
