'use client';

import 'swagger-ui-dist/swagger-ui.css';
import './api-reference.css';
import { useTheme } from 'next-themes';
import { useEffect, useRef } from 'react';

/** The API's reference, drawn by Swagger UI from the OpenAPI document. Loaded on this page alone. */
export function ApiReference({ documentUrl }: { documentUrl: string }) {
  const container = useRef<HTMLDivElement>(null);
  const { resolvedTheme } = useTheme();

  useEffect(() => {
    let abandoned = false;
    void import('swagger-ui-dist/swagger-ui-es-bundle.js').then(({ default: SwaggerUI }) => {
      if (abandoned || !container.current) return;
      SwaggerUI({
        domNode: container.current,
        url: documentUrl,
        docExpansion: 'list',
        defaultModelsExpandDepth: -1,
        supportedSubmitMethods: [], // "Try it out" would call another origin, which the page's policy forbids
        validatorUrl: null,
      });
    });
    return () => {
      abandoned = true;
    };
  }, [documentUrl]);

  // Swagger UI has a dark theme of its own, switched by a class on the document.
  useEffect(() => {
    document.documentElement.classList.toggle('dark-mode', resolvedTheme === 'dark');
    return () => document.documentElement.classList.remove('dark-mode');
  }, [resolvedTheme]);

  return (
    <div ref={container} className="api-reference min-h-96">
      <p className="p-6 text-sm text-muted-foreground">Loading the reference…</p>
    </div>
  );
}
