export * from '@linnet/socket';
