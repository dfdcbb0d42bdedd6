export * from '@linnet/host';
