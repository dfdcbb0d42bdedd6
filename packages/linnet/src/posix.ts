export * from '@linnet/posix';
