export * from '@linnet/tools';
