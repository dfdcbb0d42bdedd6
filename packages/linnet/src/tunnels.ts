export * from '@linnet/tunnels';
