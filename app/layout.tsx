import type { Metadata, Viewport } from 'next';
import { headers } from 'next/headers';
import type { ReactNode } from 'react';
import { EarlyPresses } from '@/components/shell/early-presses';
import { ThemeProvider } from '@/components/shell/theme-provider';
import { Toaster } from '@/components/ui/sonner';
import { internalHeaders } from '@/lib/gateway/headers';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'RAG Toolkit Cloud', template: '%s · RAG Toolkit' },
  description: 'Send every answer your RAG application gives, and see which are grounded.',
};

export const viewport: Viewport = { width: 'device-width', initialScale: 1, colorScheme: 'light dark' };

export default async function RootLayout({ children }: { children: ReactNode }) {
  const nonce = (await headers()).get(internalHeaders.nonce) ?? undefined;
  return (
    // next-themes sets the class before hydration.
    <html lang="en" suppressHydrationWarning>
      <body>
        <EarlyPresses nonce={nonce} />
        <ThemeProvider nonce={nonce}>
          {children}
          <Toaster />
        </ThemeProvider>
      </body>
    </html>
  );
}
