'use client';

import { ChevronDownIcon, DownloadIcon } from 'lucide-react';
import { auditDownloadHref } from '@/components/audit/audit-href';
import { Button } from '@/components/ui/button';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu';
import type { AuditFilter } from '@/lib/workflows/audit-log/schema';

/** All rows that fit the filters as a file: plain links, so the browser writes them to disk as they come. */
export function AuditDownload({ filter }: { filter: AuditFilter }) {
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button type="button" variant="outline">
          <DownloadIcon aria-hidden="true" />
          Download
          <ChevronDownIcon aria-hidden="true" className="opacity-60" />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="end">
        <DropdownMenuItem asChild>
          <a href={auditDownloadHref('csv', filter)} download>
            CSV, for spreadsheets
          </a>
        </DropdownMenuItem>
        <DropdownMenuItem asChild>
          <a href={auditDownloadHref('jsonl', filter)} download>
            JSON lines, for programs
          </a>
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
