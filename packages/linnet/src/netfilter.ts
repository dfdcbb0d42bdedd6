export * from '@linnet/netfilter';
