export * from '@linnet/packetdrill';
