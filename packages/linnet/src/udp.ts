export * from '@linnet/udp';
