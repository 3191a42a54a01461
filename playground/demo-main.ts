// The process of the demo application: node playground/demo-main.ts '[{"version": "v1", "cluster": "east", ...}]'
import { type DemoInstance, serveDemo } from './demo-app.ts';

const instances = JSON.parse(process.argv[2] ?? '[]') as readonly DemoInstance[]; // written by demo.ts
await Promise.all(instances.map(serveDemo));
