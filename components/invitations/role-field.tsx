'use client';

import { useId } from 'react';
import { Label } from '@/components/ui/label';
import { NativeSelect, NativeSelectOption } from '@/components/ui/native-select';
import { type Role, roles } from '@/lib/auth/schema';
import { roleSummaries } from '@/lib/members/rules';

/** The role that somebody is invited with, and what it is for. */
export function RoleField({ value, onChange }: { value: Role; onChange: (role: Role) => void }) {
  const id = useId();
  return (
    <div className="flex flex-col gap-2">
      <Label htmlFor={id}>Role</Label>
      <NativeSelect
        id={id}
        name="role"
        className="w-40 bg-background capitalize"
        value={value}
        aria-describedby={`${id}-note`}
        onChange={(event) => {
          const role = roles.find((one) => one === event.target.value);
          if (role) onChange(role);
        }}
      >
        {roles.map((role) => (
          <NativeSelectOption key={role} value={role} className="capitalize">
            {role}
          </NativeSelectOption>
        ))}
      </NativeSelect>
      <p id={`${id}-note`} className="text-xs leading-snug text-muted-foreground">
        {roleSummaries[value]}
      </p>
    </div>
  );
}
