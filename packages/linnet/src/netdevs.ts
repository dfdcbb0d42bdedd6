export * from '@linnet/netdevs';
