/** An answer in Cognito's own error vocabulary; `type` is the exception's name on the wire. */
export class CognitoError extends Error {
  readonly type: string

  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

/** One wording for a wrong password, an unknown user and a wrong session: nobody learns which it was. */
export const wrongCredentials = () => new CognitoError('NotAuthorizedException', 'Incorrect username or password.')

export const userDisabled = () => new CognitoError('NotAuthorizedException', 'User is disabled.')

export const unknownUser = () => new CognitoError('UserNotFoundException', 'User does not exist.')

export const invalidParameter = (message: string) => new CognitoError('InvalidParameterException', message)
