export * from '@linnet/neigh';
