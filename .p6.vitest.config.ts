import { defineConfig } from 'vitest/config';
export default defineConfig({ test: { include: ['test/feature/workflow/**/*.test.ts'], globalSetup: ['/tmp/p6/setup.ts'], testTimeout: 90000, hookTimeout: 60000, fileParallelism: false } });
