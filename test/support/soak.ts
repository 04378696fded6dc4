/** Says how much longer the soaks take than in `npm test`: `npm run soak` sets GPU_BUDDY_SOAK. */
export const soak = Number(process.env['GPU_BUDDY_SOAK'] ?? 1);
