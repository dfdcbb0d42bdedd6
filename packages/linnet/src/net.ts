export * from '@linnet/net';
