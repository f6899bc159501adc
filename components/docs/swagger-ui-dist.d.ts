declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  /** The part of Swagger UI's options that is used here. */
  type Options = {
    domNode: HTMLElement;
    url: string;
    docExpansion: 'list' | 'full' | 'none';
    defaultModelsExpandDepth: number;
    supportedSubmitMethods: string[];
    validatorUrl: string | null;
  };
  export default function SwaggerUI(options: Options): unknown;
}
