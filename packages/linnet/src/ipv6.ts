export * from '@linnet/ipv6';
