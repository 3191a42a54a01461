export { type DnsEndpointsOptions, runDnsEndpoints } from './dns-endpoints/controller.ts';
