export * from '@linnet/kernel';
