export * from '@linnet/inet';
