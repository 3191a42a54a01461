import { z } from 'zod';

export const timestamp = z.string().meta({ description: 'RFC 3339', examples: ['2026-03-01T12:00:00Z'] });
