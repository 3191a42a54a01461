import { defineSearchAttributeKey } from '@temporalio/common';

/** Search attributes of every FederatedIngress; the worker registers them when it starts. */
export const HOST = defineSearchAttributeKey('SluiceHost', 'KEYWORD');
export const NAMESPACE = defineSearchAttributeKey('SluiceNamespace', 'KEYWORD');
export const STATE = defineSearchAttributeKey('SluiceState', 'KEYWORD');
