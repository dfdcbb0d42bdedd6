export * from '@linnet/uapi';
