export * from '@linnet/netdev';
