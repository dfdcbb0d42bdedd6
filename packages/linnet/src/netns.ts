export * from '@linnet/netns';
